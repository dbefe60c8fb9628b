"""Relations under the names of Alibaba Cloud's BSS OpenAPI 2017-12-14 (docs/bss.md)."""

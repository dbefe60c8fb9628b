"""What invoices and credit notes look like: plain content in, files out (I6)."""

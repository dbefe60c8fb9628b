"""A group's real history played again in a sandbox, as it was or with one change: what if."""

"""First floor: from metered usage and orders to charges and settled bills."""

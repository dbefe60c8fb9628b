"""Top floor: scenario files and what-if previews, through everybody's services."""

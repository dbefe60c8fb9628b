"""What a scenario needs and no other floor does by itself."""

"""What-ifs over HTTP."""

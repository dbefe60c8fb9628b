"""What stands behind dev.py: installs, starts PostgreSQL and Valkey, runs the product, stops all.

Standard library only, because it runs before anything is installed.
"""

"""The county's figures."""

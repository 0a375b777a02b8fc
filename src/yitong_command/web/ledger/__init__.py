"""The ledger on the screen: captured, delivered, cased."""

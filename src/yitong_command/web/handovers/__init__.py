"""Shift handover: the sheet, two signatures, and what goes along."""

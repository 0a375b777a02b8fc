"""A county played at high speed through the real code: reports, people, shifts, storms."""

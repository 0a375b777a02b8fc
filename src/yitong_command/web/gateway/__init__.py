"""Partner platforms over HTTP: each may send reports, and ask how its own stand."""

"""The web part: REST API, live feed and the console's files."""

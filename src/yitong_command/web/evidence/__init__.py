"""Evidence pictures: download, and intake of workers' photos."""

"""Scene generator: streets modelled by our own code, rendered to clips with exact ground truth."""

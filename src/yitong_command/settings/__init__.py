"""Settings: the only reader of the environment and of `config/`; everything is checked here."""

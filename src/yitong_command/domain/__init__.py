"""Facts of the trade: plain frozen values, no input or output."""

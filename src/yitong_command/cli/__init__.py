"""The commands of `yitong`."""

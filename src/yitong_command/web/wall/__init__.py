"""The wall: what leaders and visitors may see of the county at a glance."""

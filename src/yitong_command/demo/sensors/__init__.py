"""A few virtual sensors on a real MQTT broker."""

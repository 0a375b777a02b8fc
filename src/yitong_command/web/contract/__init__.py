"""The published contract on the screen: topics, fields, examples, newest messages."""

"""The topics as a published contract: schemas, examples, AsyncAPI, and what may change."""

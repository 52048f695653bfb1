"""The doctor: what is checked of the deployment itself, and the report of it all."""

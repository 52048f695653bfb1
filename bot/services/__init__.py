"""The use cases: plain functions inside one transaction each."""

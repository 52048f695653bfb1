"""The core of Signalbox: it knows the domain, and no vendor, database or HTTP library."""

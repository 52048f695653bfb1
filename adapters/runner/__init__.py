"""The runner: carries out one claimed job, with the domain and the standard library alone."""

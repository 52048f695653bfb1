"""Linear: issues from where runs begin, agent sessions and comments in which they are told."""

"""What a rehearsal starts with, as data: blueprints, a policy, programs and a small shop."""

"""Arithmetic with cents."""


def percent_of(cents: int, percent: int) -> int:
    """A percentage of an amount, in whole cents; half a cent counts as one."""
    return round(cents * percent / 100)


def in_euros(cents: int) -> str:
    """An amount as it is printed."""
    return f"{cents // 100}.{cents % 100:02d} EUR"

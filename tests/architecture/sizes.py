"""Says how long modules and functions are: `make sizes`."""

from statistics import quantiles

from tests.architecture.source import OURS, Module, functions, modules


def _row(what: str, sizes: list[int]) -> str:
    deciles = quantiles(sizes, n=10, method="inclusive") if len(sizes) > 1 else sizes * 9
    return f"{what:<20}{len(sizes):>7}{deciles[4]:>8.0f}{deciles[8]:>6.0f}{max(sizes):>6}"


def _lines(found: tuple[Module, ...]) -> int:
    return sum(module.lines for module in found)


def main() -> None:
    """Print number, median, 90th percentile and maximum, in lines, and tests to code."""
    print(f"{'':<20}{'number':>7}{'median':>8}{'p90':>6}{'max':>6}")
    for folder in (*OURS, "tests"):
        found = modules(folder)
        lengths = [function.lines for module in found for function in functions(module)]
        print(_row(f"{folder} modules", [module.lines for module in found] or [0]))
        print(_row(f"{folder} functions", lengths or [0]))
    print(f"tests to code: {_lines(modules('tests')) / _lines(modules(*OURS)):.2f}")


if __name__ == "__main__":
    main()

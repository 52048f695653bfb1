"""Emoji as coloured signs of ordinary fonts: pages look alike on machines without emoji fonts."""

GREEN, RED, BLUE, GREY, AMBER = "#2bac76", "#e01e5a", "#1264a3", "#616061", "#de8a00"

SIGNS = {
    "✅": ("✔", GREEN), "❌": ("✖", RED), "✖": ("✖", RED), "❓": ("?", BLUE), "⚠": ("⚠", AMBER),
    "⏸": ("❙❙", AMBER), "⏹": ("◼", RED), "⌛": ("◷", GREY), "⏳": ("◷", GREY), "🕒": ("◷", GREY),
    "🟢": ("●", GREEN), "🔵": ("●", BLUE), "🟡": ("●", "#ecb22e"), "🟠": ("●", AMBER),
    "🔴": ("●", RED), "⚪": ("○", GREY), "🚫": ("⊘", RED), "⛔": ("⊘", RED), "🛑": ("◼", RED),
    "🔄": ("↻", BLUE), "👀": ("◉◉", GREY), "👁": ("◉", GREY), "💬": ("❝", BLUE), "📄": ("▤", GREY),
    "📎": ("▤", GREY), "📊": ("▥", BLUE), "🗑": ("⌫", GREY), "👍": ("▲", GREY), "👎": ("▼", GREY),
    "🔔": ("♪", AMBER), "🔇": ("♪", GREY), "🔒": ("▣", GREY), "🚀": ("➚", BLUE), "✋": ("◼", AMBER),
    "👋": ("✱", AMBER),
}  # fmt: skip


def drawn(page: str) -> str:
    """The page with its emoji drawn."""
    page = page.replace("\N{VARIATION SELECTOR-16}", "")
    for emoji, (sign, colour) in SIGNS.items():
        page = page.replace(emoji, f'<span style="color:{colour}">{sign}</span>')
    return page

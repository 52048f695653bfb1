"""A small tea shop: products, a cart and a checkout."""

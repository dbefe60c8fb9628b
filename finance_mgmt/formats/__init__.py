"""How dates are typed in, where Django's own differ from what we show (FORMAT_MODULE_PATH)."""

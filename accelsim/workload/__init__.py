"""Networks, task streams and encoders: what a chip is asked to do, tick by tick."""

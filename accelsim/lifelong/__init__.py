"""What a chip does to go on learning beside its time steps: one file for each capability, and the jobs they give it."""

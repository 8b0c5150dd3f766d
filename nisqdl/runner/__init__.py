"""The runner: plan minus store on a pool of processes, with progress and interruption."""

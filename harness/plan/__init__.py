"""Plans: the jobs of a suite at a scale, their graph, status, cost, and the declarations made before them."""

"""An order of classes in which those that are taken for each other are neighbours."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.cluster.hierarchy import leaves_list, linkage
from scipy.spatial.distance import squareform


def order_by_confusion(matrix: NDArray[np.integer]) -> NDArray[np.intp]:
    """Order of classes that makes the mean confusion of neighbours large.

    The rows of the matrix are turned into shares; what two classes have in common is the mean of the shares that go
    from one to the other and back. Classes are joined by average linkage, and the leaves of the tree are put in the
    order in which neighbours are most alike (optimal leaf ordering, Bar-Joseph et al. 2001).

    Parameters
    ----------
    matrix
        Pixels, (classes, classes), rows are reference classes. A class without reference has the shares 0.

    Returns
    -------
    ndarray
        Positions of the classes, each once; of the two directions the one that begins at the lower position.
    """
    number = len(matrix)
    if number < 3:
        return np.arange(number)
    totals = matrix.sum(axis=1, keepdims=True)
    shares = np.divide(matrix, totals, out=np.zeros(matrix.shape), where=totals > 0)
    distances = 1 - (shares + shares.T) / 2
    np.fill_diagonal(distances, 0)
    order = leaves_list(linkage(squareform(distances), method="average", optimal_ordering=True))
    return (order if order[0] < order[-1] else order[::-1]).astype(np.intp)

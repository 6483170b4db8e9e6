// Package house holds tests of the repository itself: who may import whom, what
// a pure package may not do, how long files and functions may be, which names
// are public, whether links in the documents lead anywhere. It exports nothing.
//
// Three text files here are meant to be edited, and each line in them gives its
// reason: policy.txt (imports and purity), pure.txt (the standard packages a
// pure package may use) and exceptions.txt (lengths, sleeping tests). An
// exception that is no longer needed is an error, so the list only shrinks by
// itself and only grows by decision.
package house

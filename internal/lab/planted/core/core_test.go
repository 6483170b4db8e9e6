package core

import (
	"testing"

	"github.com/cohortkit/cohort/internal/lab/planted"
)

// Every bug that is planted where the core puts its parts together is caught.
func TestPlantedBugsAreFound(t *testing.T) {
	planted.AreFound(t, 90, func(dir string) bool { return dir == "internal/core" })
}

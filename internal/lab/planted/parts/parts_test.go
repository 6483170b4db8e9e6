package parts

import (
	"testing"

	"github.com/cohortkit/cohort/internal/lab/planted"
)

// Every bug that is planted in a part of the core, or beside it, is caught.
func TestPlantedBugsAreFound(t *testing.T) {
	planted.AreFound(t, 90, func(dir string) bool { return dir != "internal/core" })
}

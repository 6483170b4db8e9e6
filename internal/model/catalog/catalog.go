// Package catalog lists all models with the bounds within which they are
// checked, in the order of docs/models.md.
package catalog

import (
	"slices"

	"github.com/cohortkit/cohort/internal/model"
	"github.com/cohortkit/cohort/internal/model/causal"
	"github.com/cohortkit/cohort/internal/model/cut"
	"github.com/cohortkit/cohort/internal/model/lease"
	"github.com/cohortkit/cohort/internal/model/lists"
	"github.com/cohortkit/cohort/internal/model/memlog"
	"github.com/cohortkit/cohort/internal/model/total"
	"github.com/cohortkit/cohort/internal/model/votes"
)

// Cases lists every case of every model.
func Cases() []model.Case {
	return slices.Concat(
		cut.Cases(),
		memlog.Cases(),
		votes.Cases(),
		lease.Cases(),
		causal.Cases(),
		total.Cases(),
		lists.Cases(),
	)
}

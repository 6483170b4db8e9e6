module github.com/cohortkit/cohort

go 1.26

// Package cohort is the Isis toolkit for Go: process groups with agreed views.
package cohort

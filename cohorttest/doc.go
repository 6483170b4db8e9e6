// Package cohorttest runs programs in a simulated world.
package cohorttest

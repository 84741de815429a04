// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package fal

// Failure is the error that an entry of the history with an error status stands
// for; nil for any other entry. The history does not keep fal's own words.
func (r Request) Failure() error {
	if r.StatusCode == nil || *r.StatusCode < 400 {
		return nil
	}
	failure := &Error{
		Operation:  "result",
		StatusCode: int(*r.StatusCode),
		Message:    "fal's history lists the request as failed",
		RequestID:  r.RequestID,
	}
	return failure.is(append(failure.kindsByStatus(nil), ErrJobFailed)...)
}

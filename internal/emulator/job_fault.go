// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package emulator

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"
)

// JobFault spoils one job. Some of its members aren't faults, but shapes in
// which fal has been seen to answer, and which aren't the emulator's own.
type JobFault struct {
	// ErrorType fails the job with an error of fal's infrastructure, such as
	// runner_disconnected.
	ErrorType string `json:"error_type,omitempty"`
	// Error is the text of that error.
	Error string `json:"error,omitempty"`
	// ModelError fails the job with an error of the model: a type of fal's
	// catalogue, such as generation_timeout, or model_attributes_type, which
	// complains of the image size.
	ModelError string `json:"model_error,omitempty"`
	// ErrorStyle is the shape of that error, or of one about the input.
	ErrorStyle ErrorStyle `json:"error_style,omitempty"`
	// Status is the HTTP status of the result. By default it is the one that
	// fal documents for the ErrorType or the ModelError, or 200.
	Status int `json:"status,omitempty"`
	// Body replaces the body of the result.
	Body *string `json:"body,omitempty"`
	// ContentType is that of the Body; JSON by default.
	ContentType string `json:"content_type,omitempty"`
	// ResultDate is the Date of the result, of a direct call too: started or
	// ended, for when the work has, or how far it is from now, such as -30m.
	ResultDate string `json:"result_date,omitempty"`

	// QueueTime and RunTime replace the emulator's.
	QueueTime *Duration `json:"queue_time,omitempty"`
	RunTime   *Duration `json:"run_time,omitempty"`
	// Stuck is the status that the job never leaves by itself.
	Stuck string `json:"stuck,omitempty"`
	// Reverts is how often the job falls back from running into the queue.
	Reverts int `json:"reverts,omitempty"`
	// UnknownStatus is shown while the job runs.
	UnknownStatus string `json:"unknown_status,omitempty"`
	// IgnoreCancel has a running job finish although it is cancelled.
	IgnoreCancel bool `json:"ignore_cancel,omitempty"`
	// CancelTime is how long a running job goes on after it was cancelled. One
	// that ends meanwhile ends as if it had not been.
	CancelTime Duration `json:"cancel_time,omitempty"`
	// RefuseCancel is the status from which on a cancellation is answered by 400
	// with a detail and no status: COMPLETED, or IN_PROGRESS.
	RefuseCancel string `json:"refuse_cancel,omitempty"`

	// LiveSubmit has the answer to the submission tell the status as it is,
	// IN_PROGRESS if the job has begun, with logs null and empty metrics.
	LiveSubmit bool `json:"live_submit,omitempty"`
	// BareStatus leaves URLs and logs out of a status once the job has begun.
	BareStatus bool `json:"bare_status,omitempty"`
	// Logs says how a status shows the job's log.
	Logs LogMode `json:"logs,omitempty"`

	// Flagged lists pictures, from 0, that the safety checker blackens.
	Flagged []int `json:"flagged,omitempty"`
	// Images is how many pictures the result has.
	Images *int `json:"images,omitempty"`
	// Omit leaves members out of the result, and OmitImage out of each picture.
	Omit      []string `json:"omit,omitempty"`
	OmitImage []string `json:"omit_image,omitempty"`
	// Set adds members to the result, or replaces them, and SetImage does so in
	// each picture.
	Set      map[string]json.RawMessage `json:"set,omitempty"`
	SetImage map[string]json.RawMessage `json:"set_image,omitempty"`
	// DeleteError is why this job's files can't be deleted.
	DeleteError string `json:"delete_error,omitempty"`
}

func (j JobFault) check() error {
	switch {
	case j.Reverts < 0 || j.Images != nil && *j.Images < 0 || j.CancelTime < 0:
		return errors.New("a count or a time of a job is negative")
	case j.Status != 0 && (j.Status < 200 || j.Status > 599):
		return fmt.Errorf("%d is not a final HTTP status", j.Status)
	case j.Stuck != "" && j.Stuck != string(inQueue) && j.Stuck != string(inProgress):
		return fmt.Errorf("a job can't be stuck in %q", j.Stuck)
	case j.RefuseCancel != "" && j.RefuseCancel != string(inProgress) && j.RefuseCancel != string(completed):
		return fmt.Errorf("cancellations can't be refused from %q on", j.RefuseCancel)
	case j.ModelError != "" && !isModelError(j.ModelError):
		return fmt.Errorf("there is no error of the model %q", j.ModelError)
	case j.ErrorStyle != "" && !slices.Contains(errorStyles, j.ErrorStyle):
		return fmt.Errorf("there is no style of errors %q", j.ErrorStyle)
	case j.Logs != "" && !slices.Contains(logModes, j.Logs):
		return fmt.Errorf("there is no mode of logs %q", j.Logs)
	}
	if _, err := j.resultDate(&job{}, time.Time{}); err != nil {
		return fmt.Errorf("the date of a result is started, ended or a duration: %w", err)
	}
	return nil
}

// resultDate is the Date of a job's result, or zero if the present is.
func (j JobFault) resultDate(of *job, now time.Time) (time.Time, error) {
	switch j.ResultDate {
	case "":
		return time.Time{}, nil
	case "started":
		if of.StartedAt.IsZero() {
			return of.SentAt, nil
		}
		return of.StartedAt, nil
	case "ended":
		return of.EndedAt, nil
	}
	offset, err := time.ParseDuration(j.ResultDate)
	return now.Add(offset), err
}

// failure is how the fault has a job end, or nil if it ends by itself.
func (j JobFault) failure(of *job, style ErrorStyle) *failure {
	var how *failure
	switch {
	case j.ErrorType != "":
		how = broken(j.ErrorType, j.Error)
	case j.ModelError != "":
		how = modelError(j.ModelError, of.Body, style)
	case j.Body != nil:
		how = &failure{Status: http.StatusOK, ContentType: j.ContentType, Body: []byte(*j.Body)}
	case j.Status != 0:
		how = &failure{ContentType: j.ContentType, Body: refusal(j.Status, target{area: areaRun}).body}
	default:
		return nil
	}
	if j.Status != 0 {
		how.Status = j.Status
	}
	return how
}

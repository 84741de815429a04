// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package emulator

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"time"
)

func wantsLogs(c *call) bool {
	asked, err := strconv.ParseBool(c.URL.Query().Get("logs"))
	return err == nil && asked
}

// logLine is a line that the model has written.
type logLine struct {
	Message   string `json:"message"`
	Level     string `json:"level"`
	Source    string `json:"source"`
	Timestamp string `json:"timestamp"`

	at time.Time
}

// logParts is how many lines of progress a run writes besides the first.
const logParts = 4

// logLines lists what the model has written so far.
func (s *Server) logLines(j *job) []logLine {
	lines := s.allLogLines(j)
	now := s.clock.Now()
	if j.Phase == completed && j.EndedAt.Before(now) {
		now = j.EndedAt
	}
	return slices.DeleteFunc(lines, func(line logLine) bool { return line.at.After(now) })
}

// allLogLines lists what the model will have written in the end.
func (s *Server) allLogLines(j *job) []logLine {
	lines := make([]logLine, 0, logParts+1)
	if j.StartedAt.IsZero() {
		return lines
	}
	add := func(at time.Time, level, message string) {
		lines = append(lines, logLine{
			Message: message, Level: level, Source: "USER",
			Timestamp: at.UTC().Format("2006-01-02T15:04:05.000000-07:00"), at: at,
		})
	}
	add(j.StartedAt, "INFO", "Loading the prompt")
	for part := int64(1); part <= logParts && j.verdict == nil; part++ {
		add(j.StartedAt.Add(j.RunTime*time.Duration(part)/logParts), "STDERR",
			fmt.Sprintf("step %d/%d", j.input.NumInferenceSteps*part/logParts, j.input.NumInferenceSteps))
	}
	return lines
}

// labelledLine is a line in the mode LogsLabelled.
type labelledLine struct {
	Timestamp string            `json:"timestamp"`
	Message   string            `json:"message"`
	Labels    map[string]string `json:"labels"`
}

// logModeOf is how the statuses of a job show its log.
func (s *Server) logModeOf(j *job) LogMode {
	if j.Fault.BareStatus {
		return LogsMissing
	}
	return cmp.Or(j.Fault.Logs, s.logMode)
}

// show is a list of lines as a status has it.
func (mode LogMode) show(lines []logLine) any {
	if mode != LogsLabelled {
		return lines
	}
	labelled := make([]labelledLine, len(lines))
	for i, line := range lines {
		labelled[i] = labelledLine{
			Timestamp: line.at.UTC().Format("2006-01-02T15:04:05.000000"), Message: line.Message, Labels: map[string]string{},
		}
	}
	return labelled
}

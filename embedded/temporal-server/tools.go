//go:build tools

// Package tools names the command that go.mod and go.sum pin: the Temporal CLI with its development server.
package tools

import _ "github.com/temporalio/cli/cmd/temporal"

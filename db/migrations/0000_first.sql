CREATE TABLE "account" (
	"id" uuid PRIMARY KEY NOT NULL,
	"name" text NOT NULL,
	"organisation_id" text NOT NULL,
	"return_address" jsonb NOT NULL,
	"unread_period" jsonb,
	"without_notice" text DEFAULT 'print' NOT NULL,
	"settings_revision" integer DEFAULT 0 NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "account_counter" (
	"account_id" uuid PRIMARY KEY NOT NULL,
	"last_number" integer DEFAULT 0 NOT NULL,
	"last_position" bigint DEFAULT 0 NOT NULL
);
--> statement-breakpoint
CREATE TABLE "api_key" (
	"id" uuid PRIMARY KEY NOT NULL,
	"account_id" uuid NOT NULL,
	"sender_system" text NOT NULL,
	"scopes" text[] NOT NULL,
	"hash" "bytea" NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"revoked_at" timestamp with time zone,
	CONSTRAINT "api_key_hash" UNIQUE("hash")
);
--> statement-breakpoint
CREATE TABLE "document" (
	"shipment_id" uuid NOT NULL,
	"number" integer NOT NULL,
	"file_name" text NOT NULL,
	"mime_type" text NOT NULL,
	"exclude_from_print" boolean NOT NULL,
	"sensitive" boolean NOT NULL,
	"giro_pages" integer[] NOT NULL,
	"blob_key" text NOT NULL,
	"size_bytes" bigint NOT NULL,
	"sha256" text NOT NULL,
	"pdf_blob_key" text,
	"pages" integer,
	CONSTRAINT "document_shipment_id_number_pk" PRIMARY KEY("shipment_id","number")
);
--> statement-breakpoint
CREATE TABLE "idempotency_key" (
	"account_id" uuid NOT NULL,
	"key" text NOT NULL,
	"lease_token" uuid NOT NULL,
	"lease_until" timestamp with time zone NOT NULL,
	"content_hash" text,
	"shipment_id" uuid,
	"answer_sealed" "bytea",
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "idempotency_key_account_id_key_pk" PRIMARY KEY("account_id","key")
);
--> statement-breakpoint
CREATE TABLE "installation" (
	"id" integer PRIMARY KEY NOT NULL,
	"unread_period" jsonb NOT NULL
);
--> statement-breakpoint
CREATE TABLE "period_move" (
	"account_id" uuid NOT NULL,
	"revision" integer NOT NULL,
	"period" jsonb NOT NULL,
	"source" text NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"done_at" timestamp with time zone,
	CONSTRAINT "period_move_account_id_revision_pk" PRIMARY KEY("account_id","revision")
);
--> statement-breakpoint
CREATE TABLE "shipment" (
	"id" uuid PRIMARY KEY NOT NULL,
	"account_id" uuid NOT NULL,
	"number" integer NOT NULL,
	"status" text NOT NULL,
	"revision" integer DEFAULT 1 NOT NULL,
	"seen_revision" integer DEFAULT 0 NOT NULL,
	"last_seq" integer DEFAULT 0 NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"changed_at" timestamp with time zone DEFAULT now() NOT NULL,
	"closed_at" timestamp with time zone,
	"rule_set" text NOT NULL,
	"title" text NOT NULL,
	"recipient_id_kind" text,
	"recipient_id_sealed" "bytea",
	"recipient_id_hash" "bytea",
	"recipient_name" text NOT NULL,
	"recipient_address" jsonb,
	"recipient_email" text,
	"recipient_mobile" text,
	"recipient_language" text,
	"sender_system" text NOT NULL,
	"external_reference" text,
	"correlation_id" text,
	"cost_code" text,
	"digital_only" boolean NOT NULL,
	"security_level" text,
	"print" jsonb NOT NULL,
	"own_unread_period" jsonb,
	"validated_at" timestamp with time zone,
	"stored_at" timestamp with time zone,
	"converted_at" timestamp with time zone,
	"accepted_at" timestamp with time zone,
	"letter_blob_key" text,
	"letter_sha256" text,
	"letter_bytes" bigint,
	"letter_pages" integer,
	"readable_at" timestamp with time zone,
	"notified_at" timestamp with time zone,
	"no_notice_reason" text,
	"counts_from_at" timestamp with time zone,
	"unread_period" jsonb,
	"unread_period_source" text,
	"unread_period_revision" integer,
	"print_deadline_at" timestamp with time zone,
	"print_asked_at" timestamp with time zone,
	"due_at" timestamp with time zone,
	"due_because" text,
	"print_attempt" integer DEFAULT 0 NOT NULL,
	"print_lease_token" uuid,
	"print_lease_until" timestamp with time zone,
	"handed_over_at" timestamp with time zone,
	"read_at" timestamp with time zone,
	"read_system" text,
	"recalled_at" timestamp with time zone,
	"problem" text,
	"problem_step" text,
	"problem_at" timestamp with time zone,
	"problem_count" integer DEFAULT 0 NOT NULL,
	CONSTRAINT "shipment_number" UNIQUE("account_id","number")
);
--> statement-breakpoint
CREATE TABLE "shipment_event" (
	"shipment_id" uuid NOT NULL,
	"seq" integer NOT NULL,
	"account_id" uuid NOT NULL,
	"position" bigint NOT NULL,
	"type" text NOT NULL,
	"at" timestamp with time zone NOT NULL,
	"actor" text NOT NULL,
	"fact_key" text NOT NULL,
	"data" jsonb NOT NULL,
	"person_sealed" "bytea",
	CONSTRAINT "shipment_event_shipment_id_seq_pk" PRIMARY KEY("shipment_id","seq"),
	CONSTRAINT "shipment_event_fact" UNIQUE("shipment_id","fact_key"),
	CONSTRAINT "shipment_event_position" UNIQUE("account_id","position")
);
--> statement-breakpoint
CREATE TABLE "shipment_reader" (
	"shipment_id" uuid NOT NULL,
	"position" integer NOT NULL,
	"id_sealed" "bytea" NOT NULL,
	"id_hash" "bytea" NOT NULL,
	CONSTRAINT "shipment_reader_shipment_id_position_pk" PRIMARY KEY("shipment_id","position")
);
--> statement-breakpoint
CREATE TABLE "worker" (
	"id" text PRIMARY KEY NOT NULL,
	"started_at" timestamp with time zone NOT NULL,
	"seen_at" timestamp with time zone NOT NULL,
	"abilities" jsonb NOT NULL
);
--> statement-breakpoint
ALTER TABLE "account_counter" ADD CONSTRAINT "account_counter_account_id_account_id_fk" FOREIGN KEY ("account_id") REFERENCES "public"."account"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "api_key" ADD CONSTRAINT "api_key_account_id_account_id_fk" FOREIGN KEY ("account_id") REFERENCES "public"."account"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "document" ADD CONSTRAINT "document_shipment_id_shipment_id_fk" FOREIGN KEY ("shipment_id") REFERENCES "public"."shipment"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "idempotency_key" ADD CONSTRAINT "idempotency_key_account_id_account_id_fk" FOREIGN KEY ("account_id") REFERENCES "public"."account"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "period_move" ADD CONSTRAINT "period_move_account_id_account_id_fk" FOREIGN KEY ("account_id") REFERENCES "public"."account"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "shipment" ADD CONSTRAINT "shipment_account_id_account_id_fk" FOREIGN KEY ("account_id") REFERENCES "public"."account"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "shipment_event" ADD CONSTRAINT "shipment_event_shipment" FOREIGN KEY ("shipment_id") REFERENCES "public"."shipment"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "shipment_reader" ADD CONSTRAINT "shipment_reader_shipment_id_shipment_id_fk" FOREIGN KEY ("shipment_id") REFERENCES "public"."shipment"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "document_blob" ON "document" USING btree ("blob_key");--> statement-breakpoint
CREATE INDEX "shipment_status" ON "shipment" USING btree ("account_id","status","number");--> statement-breakpoint
CREATE INDEX "shipment_external_reference" ON "shipment" USING btree ("account_id","external_reference");--> statement-breakpoint
CREATE INDEX "shipment_correlation_id" ON "shipment" USING btree ("account_id","correlation_id");--> statement-breakpoint
CREATE INDEX "shipment_recipient" ON "shipment" USING btree ("account_id","recipient_id_hash");--> statement-breakpoint
CREATE INDEX "shipment_open" ON "shipment" USING btree ("account_id","id") WHERE closed_at is null;
extension Schema {
    /// Operations on orders do not wait behind orders that are only watched, of which there are as many as were placed.
    static let version3 = """
        CREATE INDEX jobs_operations ON jobs (due_at)
            WHERE kind = 'operate' AND lease_until IS NULL AND due_at IS NOT NULL;
        """
}

-- raw = current + superseded + duplicate + retracted + quarantined, table by table and batch by batch
{{ rows_reconciled('hospital', hospital_tables()) }}

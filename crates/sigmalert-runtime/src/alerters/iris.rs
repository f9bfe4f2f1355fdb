//! DFIR-IRIS: alerts, or cases with their IOCs.

use super::http::Http;
use super::text::as_is;
use super::{Failed, Message};
use crate::lookup::lookup;
use crate::text::python;
use serde_json::{Map, Value, json};

fn iocs(m: &Message<'_>) -> Vec<Value> {
    let with_value = |mut ioc: Value| {
        let field = ioc.get("ioc_value").map(python::str)?;
        ioc["ioc_value"] = lookup(m.first(), &field).filter(|v| !v.is_null())?.into_owned();
        Some(ioc)
    };
    m.options.list("iris_iocs").into_iter().filter_map(with_value).collect()
}

pub(super) fn send(m: &Message<'_>) -> Result<(), Failed> {
    let o = m.options;
    let host = o.text_or("iris_host", "");
    let base = if host.contains("://") { host } else { format!("https://{host}") };
    let http = Http::of(m, "iris").header("authorization", &format!("Bearer {}", o.text_or("iris_api_token", "")));
    let customer = o.count("iris_customer_id").unwrap_or(1);
    if o.text_or("iris_type", "alert").contains("case") {
        let mut case = json!({
            "case_soc_id": format!("SOC_{}", m.id.get(..6).unwrap_or(m.id)), "case_customer": customer, "case_name": m.rule.rule.name,
            "case_description": o.get("iris_description"),
        });
        if let Some(id) = o.get("iris_case_template_id") {
            case["case_template_id"] = id.clone();
        }
        let answer = http.post(&format!("{base}/manage/cases/add"), &case)?;
        let id = answer.body.pointer("/data/case_id").cloned().unwrap_or(Value::Null);
        for mut ioc in iocs(m) {
            ioc["cid"] = id.clone();
            http.post(&format!("{base}/case/ioc/add"), &ioc)?;
        }
        return Ok(());
    }
    let at = if o.flag("iris_overwrite_timestamp", false) {
        m.first().get("@timestamp").cloned().unwrap_or(Value::Null)
    } else {
        jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%S").to_string().into()
    };
    let mut alert = json!({
        "alert_title": m.plain_title(as_is)?, "alert_description": match o.some_text("iris_description") { Some(d) => d, None => m.body(as_is)? },
        "alert_source": o.text_or("iris_alert_source", "ElastAlert2"), "alert_severity_id": o.count("iris_alert_severity_id").unwrap_or(1),
        "alert_status_id": o.count("iris_alert_status_id").unwrap_or(2), "alert_source_event_time": at, "alert_note": o.get("iris_alert_note"),
        "alert_tags": o.get("iris_alert_tags"), "alert_customer_id": customer, "alert_source_ref": m.id,
    });
    if let Some(link) = o.get("iris_alert_source_link") {
        alert["alert_source_link"] = link.clone();
    }
    if o.get("iris_iocs").is_some() {
        alert["alert_iocs"] = iocs(m).into();
    }
    if let Some(context) = o.map("iris_alert_context") {
        let fields: Map<String, Value> = context
            .iter()
            .map(|(k, field)| (k.clone(), m.field(&python::str(field)).map(|v| python::str(&v)).unwrap_or_default().into()))
            .collect();
        alert["alert_context"] = Value::Object(fields);
    }
    http.post(&format!("{base}/alerts/add"), &alert).map(|_| ())
}

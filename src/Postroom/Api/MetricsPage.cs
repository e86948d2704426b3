using System.Text;
using Microsoft.AspNetCore.Http;
using Postroom.Relay.Telemetry;

namespace Postroom.Api;

/// <summary><c>/metrics</c>: what every instrument says, as Prometheus reads it.</summary>
internal static class MetricsPage
{
    public static Task WriteAsync(HttpContext context, Func<IReadOnlyList<Family>> read)
    {
        var form = PrometheusText.Choose(context.Request.Headers.Accept.ToString());
        var text = Encoding.UTF8.GetBytes(PrometheusText.Write(read(), form));
        context.Response.ContentType = PrometheusText.ContentType(form);
        context.Response.ContentLength = text.Length;
        context.Response.Headers.Vary = "Accept";
        return context.Response.Body.WriteAsync(text, 0, text.Length, context.RequestAborted);
    }
}

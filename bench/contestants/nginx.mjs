// nginx as its documentation tunes a proxy: upstream keep-alive, no access log, buffers that hold every body of the workloads in memory.
import { chmodSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const config = ({ port, upstreamPort, folder }) => `
worker_processes 1;
daemon off;
pid ${folder}/nginx.pid;
error_log stderr crit;
events { worker_connections 4096; }
http {
  access_log off;
  server_tokens off;
  tcp_nodelay on;
  keepalive_timeout 300s;
  keepalive_requests 1000000000;
  client_max_body_size 0;
  client_body_buffer_size 64k;
  client_body_temp_path ${folder}/body;
  proxy_temp_path ${folder}/proxy;
  fastcgi_temp_path ${folder}/fastcgi;
  uwsgi_temp_path ${folder}/uwsgi;
  scgi_temp_path ${folder}/scgi;
  upstream service {
    server 127.0.0.1:${upstreamPort};
    keepalive 256;
    keepalive_requests 1000000000;
    keepalive_timeout 300s;
  }
  server {
    listen 127.0.0.1:${port} backlog=1024;
    location /api/ {
      proxy_pass http://service;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_buffer_size 16k;
      proxy_buffers 8 32k;
      proxy_busy_buffers_size 64k;
    }
  }
}
`

/** @param {{ port: number, upstreamPort: number, folder: string }} place */
export const nginxCommand = (place) => {
  chmodSync(place.folder, 0o755) // the worker runs as another user when we are root
  const file = join(place.folder, 'nginx.conf')
  writeFileSync(file, config(place))
  return ['nginx', ['-e', 'stderr', '-p', place.folder, '-c', file]]
}
